/** The phone's own store (IndexedDB): acts that wait, what was last known, the signing key. Nothing here leaves the phone. */
const NAME = 'tocsin'
const VERSION = 1

export type Shelf = 'acts' | 'kept' | 'phone'

let opened: Promise<IDBDatabase> | null = null

function open(): Promise<IDBDatabase> {
  opened ??= new Promise<IDBDatabase>((resolve, reject) => {
    const asked = indexedDB.open(NAME, VERSION)
    asked.onupgradeneeded = () => {
      for (const shelf of ['acts', 'kept', 'phone'] satisfies Shelf[]) asked.result.createObjectStore(shelf)
    }
    asked.onsuccess = () => {
      // Another tab with a newer version of this page must not wait for this one.
      asked.result.onversionchange = () => asked.result.close()
      resolve(asked.result)
    }
    asked.onerror = () => reject(asked.error ?? new Error('the store of this phone cannot be opened'))
  }).catch((error: unknown) => {
    opened = null
    throw error
  })
  return opened
}

async function run<T>(shelf: Shelf, mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open()
  return new Promise<T>((resolve, reject) => {
    const change = database.transaction(shelf, mode, { durability: 'strict' })
    const asked = ask(change.objectStore(shelf))
    change.oncomplete = () => resolve(asked.result)
    change.onabort = change.onerror = () => reject(change.error ?? new Error('the store of this phone refused'))
  })
}

export const phoneStore = {
  get: (shelf: Shelf, key: string): Promise<unknown> => run(shelf, 'readonly', (store) => store.get(key)),
  all: (shelf: Shelf): Promise<unknown[]> => run(shelf, 'readonly', (store) => store.getAll()),
  keys: (shelf: Shelf): Promise<IDBValidKey[]> => run(shelf, 'readonly', (store) => store.getAllKeys()),
  /** Resolves when it is written for good. */
  put: async (shelf: Shelf, key: string, value: unknown): Promise<void> => {
    await run(shelf, 'readwrite', (store) => store.put(value, key))
  },
  remove: (shelf: Shelf, key: string): Promise<undefined> => run(shelf, 'readwrite', (store) => store.delete(key)),
}
