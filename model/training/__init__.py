"""What the embedded weights will be made with: a student AlexNet distilled from a teacher.

Nothing here is needed to run the app, and requirements-train.txt says what must be installed beyond
it. These are the parts of the recipe; the command that joins them into one run is still to come.
"""
