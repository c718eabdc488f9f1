"""Whether maps say what they seem to say: checks against known places, the model's own answers, and random weights."""
