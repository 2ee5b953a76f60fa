"""Make handouts: single HTML files that open without internet and can be printed in grey.

    journey_html(journey)    returns a photo's way through the network
    lesson_html(lesson)      returns a lesson, with space to write

Both are pure functions of plain data. The files request nothing from elsewhere: they contain all pictures,
formulas are MathML, and a content security policy forbids every request.
"""

from viz_app.handout.journey import Journey, Step, journey_html
from viz_app.handout.lesson import lesson_html

__all__ = ["Journey", "Step", "journey_html", "lesson_html"]
