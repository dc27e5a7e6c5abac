-- Only functions differ: notifications that are not to be sent before a time, and keys of removed ones.
NULL;
