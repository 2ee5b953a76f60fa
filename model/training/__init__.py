"""How the embedded weights are made: `python -m model train distill`.

Nothing here is needed to run the app; requirements-train.txt says what must be installed beyond it.
From the top down: `main` prepares a run, `recipe` says what is learned for how long, `distill` joins the
stages, `loop` trains one, `evaluate` measures the result.
"""
