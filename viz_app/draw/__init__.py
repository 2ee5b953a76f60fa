"""Turn arrays and dataclasses into pictures, charts, tables and formulas.

Nothing in this package imports Streamlit or PyTorch.
"""
