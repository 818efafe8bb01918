import { beforeAll, describe, expect, it } from 'vitest'
import i18next from 'i18next'

import openapi from '../openapi.json'
import type { IncidentEvent } from './api/types'
import { causeOf, type Names, sentence } from './events'
import { choose, startLanguages, type Translate } from './i18n'
import { upcoming } from './parts/Preview'

interface Property {
  $ref?: string
  enum?: unknown[]
  type?: string
  items?: unknown
  anyOf?: Property[]
  const?: unknown
}

interface Schema {
  enum?: unknown[]
  properties?: Record<string, Property>
}

const schemas = openapi.components.schemas as unknown as Record<string, Schema>
const named = Object.entries(schemas).filter(([name]) => /^Event[A-Z]/.test(name))
const t: Translate = (key, values) => i18next.t(key, values ?? {})
const names: Names = {
  people: { wang: { id: 'wang', name: '王强', tier: 'village', department: '' } },
  notes: { 'note-1': '屋里有老人' },
  device: () => '广场摄像头',
  organisation: () => '镇综合执法队',
  matter: () => '占道经营',
  step: () => '疏散周边群众',
  place: '石桥村',
  now: Date.parse('2026-11-22T10:00:00Z'),
}

/** A value for a property of an event, as its schema says. */
function sample(name: string, property: Property): unknown {
  if (name === 'figures') return [['value', 3.2], ['limit', 3], ['seconds', 10]]
  if (name === 'person') return 'wang'
  if (name === 'note') return 'note-1'
  if (property.const !== undefined) return property.const
  if (property.enum) return property.enum[0]
  if (property.$ref) return schemas[property.$ref.split('/').at(-1) ?? '']?.enum?.[0] ?? null
  if (property.anyOf?.[0]) return sample(name, property.anyOf[0])
  if (property.type === 'array') return []
  if (property.type === 'boolean') return true
  if (property.type === 'number' || property.type === 'integer') return 3
  if (name === 'was' && property.type === 'string') return '2026-11-22T09:59:01Z'
  if (/^(at|due|began|until)$/.test(name)) return '2026-11-22T09:59:01Z'
  return 'threshold.above'
}

beforeAll(() => startLanguages())

describe.each(['zh', 'en'] as const)('in %s', (language) => {
  beforeAll(() => choose(language))

  it('there are events to speak of', () => expect(named.length).toBe(50))

  it.each(named)('%s has a sentence without holes', (_, schema) => {
    const event = Object.fromEntries(
      Object.entries(schema.properties ?? {}).map(([name, property]) => [name, sample(name, property)]),
    ) as unknown as IncidentEvent
    const said = sentence(event, names, t)
    expect(said).not.toMatch(/{{|event\.|undefined|null|NaN/)
    expect(said.length).toBeGreaterThan(3)
    if (language === 'zh') expect(said).toMatch(/[一-鿿]/)
  })
})

it('says the preview as an operator would', async () => {
  await choose('zh')
  const step = {
    at: '2026-11-22T10:01:40Z', what: 'activated', tier: 'township' as const, persons: ['wang'], channels: ['webhook' as const],
  }
  expect(upcoming(step, names, t)).toBe('启动镇级响应，呼叫：王强（电话回调）')
})

it('says whose miss it was, and where on the way', async () => {
  await choose('zh')
  expect(causeOf('people:not_accepted', t)).toBe('人员原因：未应答')
  expect(causeOf('', t)).toBe('')
})
