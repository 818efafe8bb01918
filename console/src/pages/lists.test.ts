import { expect, it } from 'vitest'

import type { Line } from '../api/types'
import { inOrder } from './Queue'
import { treeOf } from './tree'

const line = (id: string, state: Line['state'], minute: number) =>
  ({ id, state, opened: `2026-11-22T10:${String(minute).padStart(2, '0')}:00Z` }) as Line

it('the queue has the newest unconfirmed on top', () => {
  const found = inOrder([line('old', 'received', 1), line('going', 'accepted', 9), line('new', 'received', 5)])
  expect(found.map((one) => one.id)).toEqual(['new', 'old', 'going'])
})

it('grids hang below the one above them; a scope without its parent begins at its own root', () => {
  const tree = treeOf([
    { code: '1', name: '镇', parent: '0' },
    { code: '11', name: '村', parent: '1' },
    { code: '12', name: '村二', parent: '1' },
  ])
  expect(tree).toHaveLength(1)
  expect(tree[0]?.children.map((one) => one.value)).toEqual(['11', '12'])
})
