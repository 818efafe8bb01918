/** What each move of a case asks before it is made: reasons to choose from, other things to fill in; pure. */
import type { MoveBody } from '../../api/case'
import type { Key } from '../../i18n'

/** What is filled in besides a reason and words. */
export type Field =
  | 'matter' | 'grade' | 'lead' | 'partners' | 'organisation' | 'until' | 'service' | 'reached' | 'satisfaction' | 'score'
  | 'upstage'

/** A button of the page; some moves have two. */
export interface Choice {
  id: ChoiceId
  /** Tag of the command. */
  move: string
  fields: readonly Field[]
  reasons?: { family: string; codes: readonly string[] }
  words: 'none' | 'optional' | 'needed'
  /** An organisation's own: somebody at the desk who makes it says for whom. */
  own?: boolean
  danger?: boolean
  /** Stands among the rare ones. */
  rare?: boolean
}

export type ChoiceId =
  | 'receive' | 'file' | 'dispatch' | 'take_on' | 'begin_work' | 'finish_work' | 'return' | 'join' | 'hand_up'
  | 'ask_extension' | 'grant' | 'deny' | 'urge' | 'supervise' | 'check_pass' | 'check_fail' | 'reopen' | 'transfer'
  | 'call_back' | 'evaluate' | 'report_up' | 'confirm_grade'

const RETURN: readonly MoveBody<'return'>['reason'][] = ['not_ours', 'wrong_place', 'lacks_information', 'duplicate', 'other']
const HAND_UP: readonly MoveBody<'hand-up'>['reason'][] = ['beyond_authority', 'beyond_means', 'cross_boundary', 'grade']
const EXTEND: readonly MoveBody<'ask-extension'>['reason'][] = ['weather', 'materials', 'third_party', 'complex', 'other']
const ANSWER: readonly NonNullable<MoveBody<'answer-extension'>['reason']>[] = ['not_needed', 'too_long', 'too_important', 'other']
const SUPERVISE: readonly MoveBody<'supervise'>['reason'][] = ['important', 'complaint', 'repeated']
const CHECK: readonly NonNullable<MoveBody<'check'>['reason']>[] = ['not_done', 'partly_done', 'wrong_thing', 'no_proof', 'unsatisfied']
const REOPEN: readonly MoveBody<'reopen'>['reason'][] = ['recurred', 'unsatisfied', 'wrongly_rejected', 'wrongly_merged', 'mistake']
const TRANSFER: readonly MoveBody<'transfer'>['reason'][] = ['their_task', 'reinforcement', 'asked_by_caller']

/** In the order of a life, what is done most often first. */
export const CHOICES: readonly Choice[] = [
  { id: 'receive', move: 'receive', fields: [], words: 'none' },
  { id: 'take_on', move: 'take_on', fields: [], words: 'none', own: true },
  { id: 'begin_work', move: 'begin_work', fields: [], words: 'none', own: true },
  { id: 'finish_work', move: 'finish_work', fields: [], words: 'optional', own: true },
  { id: 'file', move: 'file', fields: ['matter', 'grade'], words: 'optional' },
  { id: 'dispatch', move: 'dispatch', fields: ['lead', 'partners'], words: 'optional' },
  { id: 'check_pass', move: 'check', fields: [], words: 'optional' },
  { id: 'check_fail', move: 'check', fields: [], words: 'optional', reasons: { family: 'sendback', codes: CHECK }, danger: true },
  { id: 'grant', move: 'answer_extension', fields: [], words: 'optional' },
  { id: 'deny', move: 'answer_extension', fields: [], words: 'optional', reasons: { family: 'deny', codes: ANSWER }, danger: true },
  { id: 'call_back', move: 'call_back', fields: ['reached', 'satisfaction'], words: 'optional' },
  { id: 'evaluate', move: 'evaluate', fields: ['score'], words: 'optional' },
  { id: 'confirm_grade', move: 'confirm_grade', fields: ['grade'], words: 'none' },
  { id: 'return', move: 'return', fields: [], words: 'optional', reasons: { family: 'return', codes: RETURN }, own: true },
  { id: 'ask_extension', move: 'ask_extension', fields: ['until'], words: 'optional', reasons: { family: 'extend', codes: EXTEND }, own: true },
  { id: 'urge', move: 'urge', fields: [], words: 'optional' },
  { id: 'supervise', move: 'supervise', fields: [], words: 'optional', reasons: { family: 'supervise', codes: SUPERVISE } },
  { id: 'report_up', move: 'report_up', fields: ['upstage'], words: 'needed' },
  { id: 'reopen', move: 'reopen', fields: [], words: 'optional', reasons: { family: 'reopen', codes: REOPEN } },
  { id: 'join', move: 'join', fields: ['organisation'], words: 'optional', rare: true },
  { id: 'hand_up', move: 'hand_up', fields: [], words: 'optional', reasons: { family: 'handup', codes: HAND_UP }, rare: true },
  { id: 'transfer', move: 'transfer', fields: ['service'], words: 'optional', reasons: { family: 'transfer', codes: TRANSFER }, rare: true },
]

/** What may be chosen now. */
export function choicesOf(moves: readonly string[]): readonly Choice[] {
  return CHOICES.filter((one) => moves.includes(one.move))
}

/** Most choices need nothing but a tap. */
export const needsNothing = (one: Choice) => one.fields.length === 0 && one.reasons === undefined && one.words === 'none'

export const labelKey = (id: ChoiceId): Key => `move.${id}`
