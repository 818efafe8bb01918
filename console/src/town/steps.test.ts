import { expect, it } from 'vitest'

import { shownSteps, standings, type Step, trackOf } from './steps'

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

it('a bar shows no ways out, and neighbours of one name once', () => {
  const named = (state: Step['state'], zh: string) => ({ state, zh, en: zh })
  const steps = [named('reported', '收集'), named('checked', '核实结案'), named('closed', '核实结案'), named('evaluated', '评价'), named('rejected', '不成立'), named('merged', '并案')]
  expect(shownSteps(steps, 'work').map((one) => one.zh)).toEqual(['收集', '核实结案', '评价'])
  expect(standings(shownSteps(steps, 'work'), 'closed')).toEqual(['done', 'now', 'ahead'])
  expect(standings(shownSteps(steps, 'work'), 'received')).toEqual(['now', 'ahead', 'ahead'])
})

it('each track shows its own steps', () => {
  const named = (state: Step['state'], zh: string) => ({ state, zh, en: zh })
  const steps = [named('reported', '收集'), named('verified', '核实'), named('filed', '立案'), named('dispatched', '派遣'), named('handling', '处置')]
  expect(shownSteps(steps, 'work').map((one) => one.zh)).toEqual(['收集', '立案', '派遣', '处置'])
  expect(shownSteps(steps, 'urgent').map((one) => one.zh)).toEqual(['收集', '核实', '处置'])
  expect(trackOf({ stage: null, confirmed: null, alarms: 1 })).toBe('urgent')
  expect(trackOf({ stage: 'accept', confirmed: '2026-11-23T00:00:00Z', alarms: 1 })).toBe('work')
  expect(trackOf({ stage: null, confirmed: null, alarms: 0 })).toBe('work')
})
