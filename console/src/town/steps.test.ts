import { expect, it } from 'vitest'

import { standings, type Step } from './steps'

const loop: Step[] = (['reported', 'received', 'handling', 'closed', 'evaluated'] as const).map((state) => ({
  state, zh: state, en: state,
}))

it('a state between two steps belongs to the earlier one', () => {
  expect(standings(loop, 'dispatched')).toEqual(['done', 'now', 'ahead', 'ahead', 'ahead'])
  expect(standings(loop, 'handled')).toEqual(['done', 'done', 'now', 'ahead', 'ahead'])
})

it('what is over has no step that is now', () => {
  expect(standings(loop, 'evaluated')).toEqual(['done', 'done', 'done', 'done', 'done'])
  expect(standings(loop.slice(0, 4), 'closed')).toEqual(['done', 'done', 'done', 'done'])
  expect(standings(loop, 'closed')).toEqual(['done', 'done', 'done', 'now', 'ahead'])
})

it('what was rejected stands at no step', () => {
  expect(standings(loop, 'rejected')).toEqual(['ahead', 'ahead', 'ahead', 'ahead', 'ahead'])
})
