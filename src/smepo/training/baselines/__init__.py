"""Baselines that change more than the prompt: SFT on traces, SFT then GRPO, and LUFFY.

They are here to be compared with. Unlike guidance, each changes the objective: traces enter the
loss. All start from the same policy, see the same rows and are judged in the same way.
"""
