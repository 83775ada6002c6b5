"""Who gives points: rules, a judge, people."""
