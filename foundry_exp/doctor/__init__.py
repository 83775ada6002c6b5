"""What this machine has and lacks for the main job: each check returns findings and mends nothing."""
