"""Releases of policies, in one import: proposed, approved, staged, in force, and back again."""

from routing.services.proposals import approve, propose, refuse, withdraw
from routing.services.returns import return_to
from routing.services.stages import SHARES, finish, roll_back, roll_back_proposal, stage, tend_proposals

__all__ = [
    "SHARES",
    "approve",
    "finish",
    "propose",
    "refuse",
    "return_to",
    "roll_back",
    "roll_back_proposal",
    "stage",
    "tend_proposals",
    "withdraw",
]
