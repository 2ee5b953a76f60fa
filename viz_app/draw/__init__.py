"""Arrays and dataclasses to pictures, charts, tables and formulas. No Streamlit, no PyTorch."""
