/** Rules of SPEC.md as `explain` says them to a person. */
export const SYNC_RULES = {
  'SY-1': 'both sides are as they were last seen equal',
  'SY-2': 'a change of one side alone goes to the other side',
  'SY-3': 'place and content are merged apart: a move here and an edit there both hold',
  'SY-4': 'both sides made the same change, so they are linked without a transfer',
  'SY-5': 'both sides moved it: the place in the cloud holds',
  'SY-6':
    'both sides edited it: the content in the cloud keeps the name, the local one becomes a conflict copy or a version',
  'SY-7': 'a delete never beats an edit, a move or a create of the other side',
  'SY-8': 'deleted on one side and untouched on the other: deleted on both, to a bin',
  'SY-9': 'deleted on both sides: forgotten',
  'SY-10': 'a folder stays as long as it holds something that stays',
  'SY-11': 'moves that would put folders into each other: the local one is undone',
  'SY-12': 'two nodes want one name: the one in the cloud keeps it',
  'SY-13': 'a file and a folder want one name: the file yields',
  'SY-14': 'it could not be read on one side: nothing is done to it until it can',
  'SY-15': 'first sync: the local content of a file of one name becomes a new version',
  'SY-16': 'recovery: nothing is deleted, an older version yields, and other contents that differ are both kept',
  'SY-17': 'modification time and executable bit travel without making a version',
  'SY-18': 'the name is mapped on this device, base keeps both names',
  'SY-19': 'the name cannot be held by the cloud',
  'SY-20': 'upload: what exists here exists in the cloud at the same place',
  'SY-21': 'upload: a cloud item that was moved or edited there stays as it was put',
  'SY-22': 'upload: deleted here, kept in the cloud and no longer linked',
  'SY-23': 'upload: deleted here, to the recycle bin by the delete switch',
  'SY-24': 'upload: it belongs to somebody else in the cloud and is left alone',
  'SY-35': 'the path is too long for this device: it stays in the cloud until the path is shorter',
} as const;

export type SyncRule = keyof typeof SYNC_RULES;
