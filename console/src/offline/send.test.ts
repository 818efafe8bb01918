import { expect, it } from 'vitest'

import { ApiError } from '../api/errors'
import type { Act } from './queue'
import { bodyOf, resultOf } from './send'

const act: Act = { act: 'a', owner: 'zhang', incident: 'i', verb: 'arrive', at: '2026-11-22T10:00:00.000Z', tries: 0 }

it.each([
  [new TypeError('failed to fetch'), 'away'],
  [new ApiError(503, 'transient', ''), 'away'],
  [new ApiError(429, 'go.throttled', ''), 'away'],
  [new ApiError(401, 'session.missing', ''), 'signed-out'],
  [new ApiError(403, 'csrf.mismatch', ''), 'signed-out'],
  [new ApiError(409, 'conflict', ''), 'not-now'],
  [new ApiError(500, 'internal', ''), 'not-now'],
  [new ApiError(409, 'incident.closed', ''), 'refused'],
  [new ApiError(422, 'act.future', ''), 'refused'],
  [new ApiError(404, 'incident.unknown', ''), 'refused'],
  [new ApiError(401, 'link.forged', ''), 'refused'],
])('%s means %s', (error, kind) => {
  expect(resultOf(error).kind).toBe(kind)
})

it('an act carries what was shown and nothing else', () => {
  const position = { latitude: 30.25, longitude: 119.5, accuracy_m: 12 }
  expect(bodyOf({ ...act, position, position_age_s: 3 }, {})).toEqual({ act: 'a', position, position_age_s: 3 })
  expect(bodyOf({ ...act, tag: 'token' }, { at: act.at })).toEqual({ act: 'a', at: act.at, tag: 'token' })
  expect(bodyOf({ ...act, verb: 'refuse', reason: 'ill' }, {})).toEqual({ act: 'a', reason: 'ill' })
})
