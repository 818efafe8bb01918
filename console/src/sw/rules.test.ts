import { expect, it } from 'vitest'

import { messageOf, ownPath, wayOf } from './rules'

const HERE = 'https://tocsin.example'
const asked = (path: string, mode = 'cors', method = 'GET') => wayOf({ method, mode, url: path.startsWith('/') ? HERE + path : path }, HERE)

it.each([
  ['/', 'navigate', 'page'],
  ['/go/abc', 'navigate', 'page'],
  ['/r/i-1', 'navigate', 'page'],
  ['/assets/index-1234.js', 'cors', 'part'],
  ['/icon.svg', 'no-cors', 'part'],
  ['/api/incidents', 'cors', 'network'],
  ['/api/incidents', 'navigate', 'network'],
  ['/api/pictures/abc', 'no-cors', 'network'],
  ['/metrics', 'navigate', 'network'],
  ['https://elsewhere.example/assets/a.js', 'cors', 'network'],
] as const)('%s (%s) is answered by %s: answers of the API are never kept', (path, mode, way) => {
  expect(asked(path, mode)).toBe(way)
})

it('what changes something always goes out', () => {
  expect(asked('/assets/a.js', 'cors', 'POST')).toBe('network')
})

it('a push is shown in its own words and leads into this site', () => {
  const text = JSON.stringify({ title: '火情', body: '石桥村', url: `${HERE}/go/token-1`, tag: 'i-1' })
  expect(messageOf(text, HERE)).toEqual({ title: '火情', body: '石桥村', tag: 'i-1', path: '/go/token-1', urgent: true })
})

it('a push that cannot be read is still shown', () => {
  expect(messageOf('not json', HERE)).toMatchObject({ body: 'not json', path: '/' })
  expect(messageOf(undefined, HERE).body).not.toBe('')
  expect(messageOf('[1]', HERE).title).not.toBe('')
})

it('a push never leads to another site', () => {
  expect(ownPath('https://evil.example/go/x', HERE)).toBe('/')
  expect(ownPath('//evil.example/x', HERE)).toBe('/')
  expect(ownPath('javascript:alert(1)', HERE)).toBe('/')
})
