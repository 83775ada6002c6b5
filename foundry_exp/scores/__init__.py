"""Who gives points from 1 to 5: rules, a judge, people."""
