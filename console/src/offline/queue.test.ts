import { beforeEach, describe, expect, it, vi } from 'vitest'

import { type Act, type ActStore, type Kept, OfflineQueue, type Result } from './queue'

function storage(): ActStore & { kept: Map<string, Kept> } {
  const kept = new Map<string, Kept>()
  return {
    kept,
    load: () => Promise.resolve([...kept.values()].reverse()),
    put: (one) => Promise.resolve(void kept.set(one.act.act, structuredClone(one))),
    remove: (act) => Promise.resolve(void kept.delete(act)),
  }
}

const act = (id: string, owner = 'zhang', incident = 'i-1'): Act => ({
  act: id, owner, incident, verb: 'accept', at: '2026-11-22T10:00:00.000Z', tries: 0,
})
const answers = (...results: Result[]) => {
  const last = results.at(-1) ?? { kind: 'taken' as const }
  const send = vi.fn<(one: Act) => Promise<Result>>().mockResolvedValue(last)
  for (const one of results.slice(0, -1)) send.mockResolvedValueOnce(one)
  return send
}
const sentBy = (send: ReturnType<typeof answers>) => send.mock.calls.map(([one]) => one.act)

describe('acts of a phone', () => {
  let kept: ReturnType<typeof storage>
  beforeEach(() => {
    kept = storage()
  })

  it('are sent in the order of the taps and then forgotten', async () => {
    const send = answers({ kind: 'taken' })
    const queue = new OfflineQueue(kept, send)
    await queue.add(act('a'))
    await queue.add(act('b'))
    await queue.flush('zhang')
    expect(sentBy(send)).toEqual(['a', 'b'])
    expect(queue.waiting('zhang')).toEqual([])
    expect(kept.kept.size).toBe(0)
  })

  it('stay with id and time of the tap while the network is away, also after a reload, in their order', async () => {
    const away = answers({ kind: 'away' })
    const queue = new OfflineQueue(kept, away)
    await queue.add(act('a'))
    await queue.add(act('b'))
    await queue.flush('zhang')
    expect(away).toHaveBeenCalledTimes(1)
    const send = answers({ kind: 'taken' })
    const after = new OfflineQueue(kept, send)
    await after.ready()
    expect(after.waiting('zhang')).toEqual([{ ...act('a'), tries: 1 }, act('b')])
    await after.flush('zhang')
    expect(sentBy(send)).toEqual(['a', 'b'])
  })

  it('without network may be tried a thousand times and are not moved aside', async () => {
    const queue = new OfflineQueue(kept, answers({ kind: 'away' }))
    await queue.add(act('a'))
    for (let time = 0; time < 50; time += 1) await queue.flush('zhang')
    expect(queue.waiting('zhang')).toHaveLength(1)
    expect(queue.refused('zhang')).toEqual([])
  })

  it('that are refused for good are shown with the reason, not sent again, and hold nobody up', async () => {
    const send = answers({ kind: 'refused', code: 'incident.closed', message: 'over' }, { kind: 'taken' })
    const queue = new OfflineQueue(kept, send)
    await queue.add(act('a'))
    await queue.add(act('b'))
    await queue.flush('zhang')
    await queue.flush('zhang')
    expect(sentBy(send)).toEqual(['a', 'b'])
    expect(queue.refused('zhang').map((one) => [one.act.act, one.code])).toEqual([['a', 'incident.closed']])
    const after = new OfflineQueue(kept, send)
    await after.ready()
    expect(after.refused('zhang')).toHaveLength(1)
    await after.dismiss('a')
    expect(after.refused('zhang')).toEqual([])
    expect(kept.kept.size).toBe(0)
  })

  it('that cannot be taken now hold up their own incident only', async () => {
    const send = answers({ kind: 'not-now', code: 'conflict', message: '' }, { kind: 'taken' })
    const queue = new OfflineQueue(kept, send)
    await queue.add(act('a', 'zhang', 'i-1'))
    await queue.add(act('b', 'zhang', 'i-1'))
    await queue.add(act('c', 'zhang', 'i-2'))
    await queue.flush('zhang')
    expect(sentBy(send)).toEqual(['a', 'c'])
    await queue.flush('zhang')
    expect(sentBy(send)).toEqual(['a', 'c', 'a', 'b'])
  })

  it('that could not be taken five times are moved aside with the last reason', async () => {
    const queue = new OfflineQueue(kept, answers({ kind: 'not-now', code: 'internal', message: 'a fault' }))
    await queue.add(act('a'))
    for (let time = 0; time < 4; time += 1) await queue.flush('zhang')
    expect(queue.refused('zhang')).toEqual([])
    await queue.flush('zhang')
    expect(queue.refused('zhang').map((one) => one.code)).toEqual(['internal'])
    expect(queue.waiting('zhang')).toEqual([])
  })

  it('wait for the next sign-in when the session is over', async () => {
    const queue = new OfflineQueue(kept, answers({ kind: 'signed-out' }))
    await queue.add(act('a'))
    await queue.flush('zhang')
    expect(queue.waiting('zhang')).toHaveLength(1)
  })

  it('of somebody else on the same phone are never sent under this name', async () => {
    const send = answers({ kind: 'taken' })
    const queue = new OfflineQueue(kept, send)
    await queue.add(act('a', 'li'))
    await queue.flush('zhang')
    expect(send).not.toHaveBeenCalled()
    expect(queue.waiting('li')).toHaveLength(1)
  })

  it('tapped while others are on their way are sent too, each once', async () => {
    const sent: string[] = []
    let free = () => undefined as void
    let begun = () => undefined as void
    const under = new Promise<void>((resolve) => (begun = resolve))
    const queue = new OfflineQueue(kept, async (one) => {
      sent.push(one.act)
      if (one.act === 'a') {
        begun()
        await new Promise<void>((resolve) => (free = resolve))
      }
      return { kind: 'taken' }
    })
    await queue.add(act('a'))
    const first = queue.flush('zhang')
    await under
    await queue.add(act('b'))
    const second = queue.flush('zhang')
    free()
    await Promise.all([first, second])
    expect(sent).toEqual(['a', 'b'])
  })

  it('go out even when the phone can keep nothing', async () => {
    const send = answers({ kind: 'taken' })
    const broken: ActStore = {
      load: () => Promise.reject(new Error('private window')),
      put: () => Promise.reject(new Error('private window')),
      remove: () => Promise.reject(new Error('private window')),
    }
    const queue = new OfflineQueue(broken, send)
    expect(await queue.add(act('a'))).toBe(false)
    await queue.flush('zhang')
    expect(sentBy(send)).toEqual(['a'])
    expect(queue.waiting('zhang')).toEqual([])
  })
})
