"""Experiments on runs: compare transports, rehearse failures, replay what came over the wire."""
