// Readings kept on this device, only if the person wants it: IndexedDB, and one word in localStorage that says so.
// As long as nobody asks for it, neither exists.

const WANTED = 'inkbeat-history';
const DATABASE = 'inkbeat';
const STORE = 'readings';
/** Enough for years of checks; the oldest goes first. */
const MOST_READINGS = 200;

/** Whether readings are to be kept. */
export function isWanted() {
  try {
    return localStorage.getItem(WANTED) === 'yes';
  } catch {
    return false;
  }
}

/** Remembers whether readings are to be kept; what is kept already stays until it is erased. */
export function setWanted(wanted) {
  if (wanted) localStorage.setItem(WANTED, 'yes');
  else localStorage.removeItem(WANTED);
}

/**
 * Keeps a reading and resolves to its id.
 * @param {{readAt: Date, fileName: string, sample: object|null, versions: string, answer: object, picture: Blob|null}} reading
 *   `versions` is the program that read, which may be older than the one that shows
 */
export async function keep(reading) {
  const database = await open();
  try {
    const id = await asked(database.transaction(STORE, 'readwrite').objectStore(STORE).add(reading));
    const keys = await asked(database.transaction(STORE).objectStore(STORE).getAllKeys());
    const surplus = keys.slice(0, Math.max(0, keys.length - MOST_READINGS));
    await Promise.all(surplus.map((key) => asked(database.transaction(STORE, 'readwrite').objectStore(STORE).delete(key))));
    return id;
  } finally {
    database.close();
  }
}

/** All readings that are kept, the newest first. Opens nothing where nothing was ever kept. */
export async function kept() {
  if (!(await exists())) return [];
  const database = await open();
  try {
    return (await asked(database.transaction(STORE).objectStore(STORE).getAll())).reverse();
  } finally {
    database.close();
  }
}

/** Erases every reading and the wish to keep them: afterwards nothing is left. */
export async function eraseAll() {
  setWanted(false);
  await asked(indexedDB.deleteDatabase(DATABASE));
}

async function exists() {
  if (!indexedDB.databases) return isWanted(); // Older browsers can't list what there is.
  const databases = await indexedDB.databases();
  return databases.some(({ name }) => name === DATABASE);
}

function open() {
  const request = indexedDB.open(DATABASE, 1);
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore(STORE, { keyPath: 'id', autoIncrement: true }));
  return asked(request);
}

function asked(request) {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error));
    request.addEventListener('blocked', () => reject(new Error('another tab is using it')));
  });
}
