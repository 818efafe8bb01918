import i18next from 'i18next'
import { beforeAll, expect, it } from 'vitest'

import { choose, startLanguages, type Translate } from '../i18n'
import { change, lengthWords, valueWords } from './figures'

const t: Translate = (key, values) => i18next.t(key, values ?? {})
const share = (value: number | null) => ({ unit: 'share', value })

beforeAll(async () => {
  await startLanguages()
  await choose('zh')
})

it('a share is said in per cent, nothing is a dash, a median that never came is said so', () => {
  expect(valueWords(share(0.8236), t)).toBe('82.4%')
  expect(valueWords(share(null), t)).toBe('—')
  expect(valueWords({ unit: 'seconds', value: null, p50_never: true }, t)).toBe('多数未完成')
  expect(valueWords({ unit: 'count', value: 16 }, t)).toBe('16')
})

it('times are said as people say them', () => {
  expect(lengthWords(45, t)).toBe('45 秒')
  expect(lengthWords(180, t)).toBe('3 分钟')
  expect(lengthWords(185, t)).toBe('3 分 5 秒')
  expect(lengthWords(18_720, t)).toBe('5.2 小时')
  expect(lengthWords(216_000, t)).toBe('2.5 天')
})

it('shares change in points, and better is what the figure says is better', () => {
  expect(change(share(0.9), share(0.8), 'more', t)).toEqual({ words: '↑ 10.0 个百分点', good: true })
  expect(change(share(0.9), share(0.8), 'less', t)).toEqual({ words: '↑ 10.0 个百分点', good: false })
  expect(change(share(0.8), share(0.9), 'more', t)).toEqual({ words: '↓ 10.0 个百分点', good: false })
  expect(change(share(0.8), share(0.8), 'more', t)).toEqual({ words: '持平', good: null })
  expect(change({ unit: 'seconds', value: 90 }, { unit: 'seconds', value: 120 }, 'less', t)).toEqual({ words: '↓ 25%', good: true })
  expect(change({ unit: 'count', value: 9 }, { unit: 'count', value: 6 }, 'neither', t)).toEqual({ words: '↑ 50%', good: null })
})

it('nothing is compared with nothing', () => {
  expect(change(share(0.9), undefined, 'more', t)).toBeNull()
  expect(change(share(0.9), share(null), 'more', t)).toBeNull()
})
