import { beforeEach, describe, expect, it, vi } from 'vitest'

import { type Act, OfflineQueue, type Result } from './queue'

function storage() {
  const kept = new Map<string, string>()
  return { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) }
}

const act = (id: string, account = 'zhang'): Act => ({
  act: id, account, incident: 'i-1', verb: 'accept', at: '2026-11-22T10:00:00.000Z', tries: 0,
})

describe('acts of a phone', () => {
  let kept: ReturnType<typeof storage>
  beforeEach(() => {
    kept = storage()
  })

  it('are sent in the order of the taps and then forgotten', async () => {
    const sent: string[] = []
    const queue = new OfflineQueue(kept, (one) => {
      sent.push(one.act)
      return Promise.resolve({ kind: 'taken' })
    })
    queue.add(act('a'))
    queue.add(act('b'))
    await queue.flush('zhang')
    expect(sent).toEqual(['a', 'b'])
    expect(queue.waiting('zhang')).toEqual([])
  })

  it('stay with id and time of the tap while the network is away, also after a restart', async () => {
    const away = vi.fn<(one: Act) => Promise<Result>>().mockResolvedValue({ kind: 'away' })
    const queue = new OfflineQueue(kept, away)
    queue.add(act('a'))
    queue.add(act('b'))
    await queue.flush('zhang')
    expect(away).toHaveBeenCalledTimes(1)
    const after = new OfflineQueue(kept, away)
    expect(after.waiting('zhang')).toEqual([{ ...act('a'), tries: 1 }, act('b')])
  })

  it('that are refused are shown with the reason and not sent again', async () => {
    const refuse = vi.fn<(one: Act) => Promise<Result>>().mockResolvedValue({ kind: 'refused', code: 'incident.closed', message: 'over' })
    const queue = new OfflineQueue(kept, refuse)
    queue.add(act('a'))
    await queue.flush('zhang')
    await queue.flush('zhang')
    expect(refuse).toHaveBeenCalledTimes(1)
    expect(queue.refused('zhang').map((one) => [one.act.act, one.code])).toEqual([['a', 'incident.closed']])
    queue.dismiss('a')
    expect(queue.refused('zhang')).toEqual([])
  })

  it('of somebody else on the same phone are never sent under this name', async () => {
    const send = vi.fn<(one: Act) => Promise<Result>>().mockResolvedValue({ kind: 'taken' })
    const queue = new OfflineQueue(kept, send)
    queue.add(act('a', 'li'))
    await queue.flush('zhang')
    expect(send).not.toHaveBeenCalled()
    expect(queue.waiting('li')).toHaveLength(1)
  })

  it('tapped while others are on their way are sent too, each once', async () => {
    const sent: string[] = []
    let free = () => undefined as void
    const queue = new OfflineQueue(kept, async (one) => {
      sent.push(one.act)
      if (one.act === 'a') await new Promise<void>((resolve) => (free = resolve))
      return { kind: 'taken' }
    })
    queue.add(act('a'))
    const first = queue.flush('zhang')
    queue.add(act('b'))
    const second = queue.flush('zhang')
    free()
    await Promise.all([first, second])
    expect(sent).toEqual(['a', 'b'])
  })

  it('survive a storage that holds rubbish', () => {
    kept.setItem('tocsin.acts', '{"not": "a list"')
    expect(new OfflineQueue(kept, () => Promise.resolve({ kind: 'taken' })).waiting('zhang')).toEqual([])
  })
})
