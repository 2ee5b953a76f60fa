"""What is said about AlexNet, with the truth about each statement and a test that anybody can run.

The statements are data: a YAML file for each group, read by `statements`. The tests are small functions in a
module for each group: each takes a network, a photo and some settings, and returns `Evidence`. `tests`
collects them.
"""
