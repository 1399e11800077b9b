"""What people in the room say: their microphones, cut into utterances, made into questions."""
