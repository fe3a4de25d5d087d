"""A picture file -> pixels: kinds by content, upright, in sRGB, whatever stands beside them."""
