import { beforeEach, expect, it } from 'vitest'

import { addressOf, isTokenPage, ownerOf, takeToken } from './address'

beforeEach(() => {
  sessionStorage.clear()
  localStorage.clear()
})

it.each([
  ['/go/abc.def-1_2', 'go', 'abc.def-1_2'],
  ['/tag/abc', 'tag', 'abc'],
  ['/test/abc/', 'test', 'abc'],
  ['/go', 'go', null],
] as const)('%s is the page %s with the token %s', (path, page, token) => {
  expect(addressOf(path)).toEqual({ page, token })
})

it('other addresses are not for people with tokens', () => {
  for (const path of ['/', '/gold', '/go/a/b', '/queue', '/r/1', '/go/a b']) expect(isTokenPage(path)).toBe(false)
})

it('the token leaves the address, stays with the tab, and is in no other store', () => {
  history.replaceState(null, '', '/go/secret-token')
  expect(takeToken('go')).toBe('secret-token')
  expect(location.pathname).toBe('/go')
  expect(takeToken('go')).toBe('secret-token')
  expect(JSON.stringify(localStorage)).not.toContain('secret-token')
})

it('a token is not read from another page', () => {
  history.replaceState(null, '', '/go/secret-token')
  takeToken('go')
  expect(takeToken('test')).toBeNull()
})

it('two tokens are two owners, and neither shows in the name', async () => {
  const [one, two] = await Promise.all([ownerOf('secret-token-1'), ownerOf('secret-token-2')])
  expect(one).not.toBe(two)
  expect(one).not.toContain('secret')
})
