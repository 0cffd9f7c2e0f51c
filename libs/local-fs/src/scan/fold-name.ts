/** Names that some disk takes for one have one fold. */
export const foldName = (name: string): string => name.normalize('NFC').toUpperCase().toLowerCase();
