"""What holds for every test."""

from hypothesis import HealthCheck, settings

# How long one example takes says something about the machine and nothing about the code.
settings.register_profile(
    "workbench", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("workbench")
