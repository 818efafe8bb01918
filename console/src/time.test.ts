import { describe, expect, it } from 'vitest'

import { age, faceOf, minutes } from './time'

const at = (seconds: number) => new Date(seconds * 1000).toISOString()
const clock = { activated: at(1000), due: at(1180) }

describe('the face of a clock', () => {
  it('runs with what is left of its window', () => {
    expect(faceOf(clock, at(1000), 1_080_000)).toEqual({ phase: 'running', leftMs: 100_000 })
  })
  it('is urgent in the last quarter', () => {
    expect(faceOf(clock, at(1000), 1_134_999)).toMatchObject({ phase: 'running' })
    expect(faceOf(clock, at(1000), 1_135_000)).toMatchObject({ phase: 'urgent' })
  })
  it('is overdue from the very deadline on', () => {
    expect(faceOf(clock, at(1000), 1_179_999)).toMatchObject({ phase: 'urgent' })
    expect(faceOf(clock, at(1000), 1_180_000)).toEqual({ phase: 'overdue', leftMs: 0 })
  })
  it('stops with the verdict and tells how long it took from confirmation', () => {
    const stopped = { ...clock, verdict: 'arrived', at: at(1090) }
    expect(faceOf(stopped, at(990), 2_000_000)).toEqual({ phase: 'arrived', tookMs: 100_000 })
  })
  it('takes arrival before confirmation as no time at all', () => {
    expect(faceOf({ ...clock, verdict: 'arrived', at: at(980) }, at(990), 0)).toEqual({ phase: 'arrived', tookMs: 0 })
  })
})

describe('minutes', () => {
  it.each([
    [0, '0:00'], [999, '0:00'], [61_000, '1:01'], [3_599_000, '59:59'], [3_725_000, '1:02:05'], [-5_000, '0:00'],
  ])('writes %i ms as %s', (ms, text) => expect(minutes(ms)).toBe(text))
  it('never shows 0:00 before the deadline', () => expect(minutes(1, 'up')).toBe('0:01'))
})

it('tells an age in a unit that a person can use', () => {
  expect(age(89_000)).toEqual({ unit: 'seconds', n: 89 })
  expect(age(600_000)).toEqual({ unit: 'minutes', n: 10 })
  expect(age(7_200_000)).toEqual({ unit: 'hours', n: 2 })
  expect(age(259_200_000)).toEqual({ unit: 'days', n: 3 })
})
