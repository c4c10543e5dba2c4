"""Measurements of the promises about speed, each against something that everybody has."""
