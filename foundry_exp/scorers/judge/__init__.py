"""A second model as a judge: how it is asked, how its replies are read, and whether it can be believed."""
