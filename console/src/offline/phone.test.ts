import { expect, it } from 'vitest'

import { fitted } from './picture'
import { messageOf } from './phone'
import { bytesOf } from './push'
import { tagIn } from './scan'

it('a signature covers number, time, address and body', () => {
  const request = { at: '2026-11-22T10:00:00.000Z', method: 'POST', path: '/api/incidents/i/arrive', body: '{"act":"a"}' }
  expect(messageOf(7, request)).toBe('7\n2026-11-22T10:00:00.000Z\nPOST /api/incidents/i/arrive\n{"act":"a"}')
})

it.each([
  ['https://tocsin.example/tag/abcdefghijklmnop1234', 'abcdefghijklmnop1234'],
  ['https://tocsin.example/tag/short', null],
  ['https://evil.example/pay?to=/tag/', null],
  ['WIFI:S:shop;;', null],
])('the code %s holds the tag %s', (text, token) => {
  expect(tagIn(text)).toBe(token)
})

it('a photo is made smaller, never larger, and keeps its shape', () => {
  expect(fitted(4000, 3000)).toEqual({ width: 1600, height: 1200 })
  expect(fitted(800, 600)).toEqual({ width: 800, height: 600 })
  expect(fitted(1, 9000)).toEqual({ width: 1, height: 1600 })
})

it('the key of web push is base64url, with or without padding', () => {
  expect([...bytesOf('-_8')]).toEqual([251, 255])
  expect([...bytesOf('AQID')]).toEqual([1, 2, 3])
})
