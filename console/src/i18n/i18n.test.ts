import { expect, it } from 'vitest'

import openapi from '../../openapi.json'
import { CHOICES, labelKey } from '../parts/case/moves'
import { en } from './en'
import { zh } from './zh'

const holes = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map((one) => one[1]).sort()

it('both languages have the same keys', () => {
  expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort())
})

it('both languages say the same figures in each sentence', () => {
  for (const [key, text] of Object.entries(zh)) {
    expect([key, holes(en[key as keyof typeof zh])]).toEqual([key, holes(text)])
  }
})

it('no sentence is empty, and no Chinese one is left in English', () => {
  for (const [key, text] of Object.entries(zh)) {
    expect(text.trim(), key).not.toBe('')
    const words = text.replace(/{{\w+}}/g, '')
    if (/[A-Za-z]{4,}/.test(words)) expect(words, key).toMatch(/[一-鿿]/)
  }
})

/** The family of words of each enum of the API; null for those that no page says. */
const families: Record<string, string | null> = {
  AlarmState: 'alarmstate', Basis: 'basis', Channel: 'channel', Grade: 'grade', GridKind: 'gridkind', JobKind: 'jobkind',
  JobState: 'jobstate', Judgement: 'judgement', Kind: 'kind', LinkState: 'link', Mode: 'mode', OrganisationKind: 'orgkind',
  Outcome: 'outcome', Part: 'part', PeriodKind: 'period', Readiness: 'readiness', ReplayState: 'replaystate', Role: 'role',
  Service: 'service', Source: 'source', Stage: 'stage', State: 'state', Tier: 'tier', Truth: 'truth', Turn: 'journal',
  Unit: 'unit', UpStage: 'upstage', Verdict: 'verdict', What: 'waits.what', Why: 'routewhy', Witness: 'witness',
  'working_time.Unit': 'limit', ExerciseState: 'exercisestate', EntryKind: 'entry', Indicator: 'indicator', RollState: 'rollstate', SweepAnswer: 'sweepanswer',
  SweepKind: 'sweepkind', SweepState: 'sweepstate', AppointmentRole: 'appointment', GapCode: 'gap', StaffingCode: 'staffing', ChangeKind: 'rosterchange',
  DayKind: 'daykind', Step: 'step.turn',
  // Said by sentences of their own, or by the server's definitions in both languages.
  Better: null, End: null, Lateness: null, Phase: null, PlaceKind: null, Reason: null, 'figure_model.Unit': null,
}

/** `tocsin__core__working_time__Unit` is `working_time.Unit`; what goes in and what comes out is one. */
const plain = (name: string) => name.replace(/-(Input|Output)$/, '').replace(/^tocsin__(?:\w+?__)*(\w+?)__(\w+)$/, '$1.$2')

const enums = Object.entries(openapi.components.schemas as Record<string, { enum?: string[] }>).flatMap(([name, schema]) =>
  schema.enum === undefined ? [] : [[plain(name), schema.enum] as const],
)

it.each(enums)('every %s of the API has its word, or is known to need none', (name, values) => {
  const own = name in families ? name : name.slice(name.indexOf('.') + 1)
  expect(Object.keys(families)).toContain(own)
  const family = families[own]
  if (family === null) return
  for (const value of values) expect(Object.keys(zh)).toContain(`${family}.${value}`)
})

it('every reason that a dialog offers, and every button, has its word', () => {
  for (const one of CHOICES) {
    expect(Object.keys(zh)).toContain(labelKey(one.id))
    for (const code of one.reasons?.codes ?? []) expect(Object.keys(zh)).toContain(`${one.reasons?.family}.${code}`)
  }
})
