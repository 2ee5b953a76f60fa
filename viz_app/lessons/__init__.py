"""Lessons: YAML files that a teacher can write, and what reads, checks and keeps them.

    schema.py    what a lesson consists of
    reading.py   YAML -> Lesson, or every mistake with its line
    rules.py     whether the app has what a lesson speaks of: pages, choices, layers, channels
    examples.py  channels and numbers that depend on the weights, chosen by `python -m viz_app.lessons.derive`
    shelf.py     the lessons that ship with the app

docs/lessons.md says how to write one.
"""
