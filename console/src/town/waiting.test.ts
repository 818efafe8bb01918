import i18next from 'i18next'
import { beforeAll, expect, it } from 'vitest'

import { choose, startLanguages, type Translate } from '../i18n'
import { leftWords } from './left'
import { isLate, waitingWords } from './waiting'

const t: Translate = (key, values) => i18next.t(key, values ?? {})
const now = Date.parse('2026-11-23T02:00:00Z')
const organisation = (code: string) => (code === 'town:team' ? '镇综合执法队' : code)

beforeAll(async () => {
  await startLanguages()
  await choose('zh')
})

it('says on whom, for what, for how long and until when', () => {
  const one = { who: 'organisation:town:team', what: 'accept', since: '2026-11-23T00:00:00Z', due: '2026-11-24T09:30:00Z' }
  expect(waitingWords(one, organisation, now, t)).toMatch(/^等待镇综合执法队签收，已等 2 小时，须于 11-24 \d\d:30 前完成$/)
  expect(isLate(one, now)).toBe(false)
})

it('says how late it is, to the very second', () => {
  const one = { who: 'desk', what: 'check', since: '2026-11-22T00:00:00Z', due: '2026-11-23T02:00:00Z' }
  expect(isLate(one, now)).toBe(true)
  expect(isLate(one, now - 1000)).toBe(false)
  expect(waitingWords(one, organisation, now + 7_200_000, t)).toBe('等待值班室核查，已等 28 小时，已超期 2 小时')
})

it('without a limit it only says how long', () => {
  expect(waitingWords({ who: 'tier:township', what: 'arrive', since: '2026-11-23T01:59:00Z' }, organisation, now, t)).toBe(
    '等待镇级到场，已等 60 秒',
  )
})

it('what is left is said in working time where the server knows it', () => {
  expect(leftWords('2026-11-24T02:00:00Z', 320, now, t)).toBe('还剩 5 小时 20 分工作时间')
  expect(leftWords('2026-11-24T02:00:00Z', 60, now, t)).toBe('还剩 1 小时工作时间')
  expect(leftWords('2026-11-24T02:00:00Z', null, now, t)).toBe('还剩 24 小时')
  expect(leftWords('2026-11-23T01:00:00Z', 0, now, t)).toBe('已超期 60 分钟')
})
