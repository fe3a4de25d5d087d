"""What the owner of an app has it be for its visitors: --demo FILE."""
