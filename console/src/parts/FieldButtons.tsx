/** Going, arrived, need help, done: the likeliest next one is the biggest, within reach of one thumb. */
import { useState } from 'react'

import { useT } from '../i18n'
import { locate } from '../offline/locate'
import type { Verb } from '../offline/queue'
import { canScan } from '../offline/scan'
import type { Acts } from '../offline/useActs'
import { serverNow } from '../serverClock'
import { second } from '../time'
import { type Challenge, PhotoSheet } from './PhotoSheet'
import { Btn, Note, Sheet } from './Plain'
import { ScanSheet } from './ScanSheet'

/** How far this person has come, as the centre knows it. */
export interface Progress {
  incident: string
  confirmed: boolean
  seen: string | null
  accepted: string | null
  refused: string | null
  arrived: string | null
  /** The arrival stopped the clock: no further proof is asked for. */
  proved: boolean
  helped: boolean
  handled: boolean
}

interface Props {
  progress: Progress
  acts: Acts
  challenge: () => Promise<Challenge>
  /** By a link the "seen" is a tap of its own: opening a page must change nothing. */
  withSeen?: boolean
}

const REASONS = ['busy', 'away', 'ill', 'no_transport', 'other'] as const

type Open = 'refuse' | 'nothing' | 'scan' | 'photo' | null

export function FieldButtons({ progress, acts, challenge, withSeen = false }: Props) {
  const { t } = useT()
  const { incident: id, confirmed, proved } = progress
  const [locating, setLocating] = useState(false)
  const [unlocated, setUnlocated] = useState(false)
  const [open, setOpen] = useState<Open>(null)
  const close = () => setOpen(null)
  const waits = (verb: Verb) => acts.waiting.find((one) => one.incident === id && one.verb === verb)
  const tapped = (verb: Verb, at: string | null) => at ?? waits(verb)?.at ?? null
  const seen = tapped('see', progress.seen)
  const going = tapped('accept', progress.accepted)
  const there = tapped('arrive', progress.arrived)
  const done = progress.handled || waits('done') !== undefined
  const helped = progress.helped || waits('help') !== undefined
  const arrive = async () => {
    const at = serverNow()
    setLocating(true)
    const found = await locate()
    setLocating(false)
    setUnlocated(found === null)
    acts.tap(id, 'arrive', { at, ...found })
  }
  const mark = (verb: Verb, at: string | null) =>
    at === null ? '' : waits(verb) ? ` · ${t('r.waiting')}` : ` ✓ ${second(at, serverNow())}`

  return (
    <div className="thumb">
      {withSeen && going === null && there === null && (
        <Btn huge look={seen === null ? 'primary' : 'text'} disabled={seen !== null} onClick={() => acts.tap(id, 'see')}>
          {t('r.see')}
          {mark('see', seen)}
        </Btn>
      )}
      <Btn
        huge
        {...(there === null && going === null && (!withSeen || seen !== null) && { look: 'primary' as const })}
        disabled={going !== null || there !== null}
        onClick={() => acts.tap(id, 'accept')}
      >
        {t('r.going')}
        {mark('accept', going)}
      </Btn>
      <Btn
        huge
        {...(there === null && going !== null && { look: 'primary' as const })}
        disabled={there !== null || locating}
        aria-busy={locating}
        onClick={() => void arrive()}
      >
        {locating ? t('r.locating') : t('r.arrived')}
        {mark('arrive', there)}
      </Btn>
      {unlocated && <Note tone="info" title={t('r.unlocated')} />}
      {!proved && (
        <div className="pair">
          <Btn className="proof" onClick={() => setOpen('scan')}>{t('r.scan')}</Btn>
          <Btn className="proof" onClick={() => setOpen('photo')}>{t('r.photo')}</Btn>
        </div>
      )}
      {!confirmed && (
        <div className="pair">
          <Btn huge look="danger-solid" disabled={waits('real') !== undefined} onClick={() => acts.tap(id, 'real')}>
            {t('r.real')}
          </Btn>
          <Btn huge disabled={waits('nothing-here') !== undefined} onClick={() => setOpen('nothing')}>
            {t('r.nothing')}
          </Btn>
        </div>
      )}
      <div className="pair">
        <Btn huge look="danger" disabled={helped} onClick={() => acts.tap(id, 'help')}>
          {t('r.help')}
          {helped ? (waits('help') ? ` · ${t('r.waiting')}` : ' ✓') : ''}
        </Btn>
        <Btn
          huge
          {...(there !== null && !done && { look: 'primary' as const })}
          disabled={there === null || done}
          onClick={() => acts.tap(id, 'done')}
        >
          {t('r.done')}
          {done ? (waits('done') ? ` · ${t('r.waiting')}` : ' ✓') : ''}
        </Btn>
      </div>
      {going === null && there === null && (
        <Btn look="text" className="wide" onClick={() => setOpen('refuse')}>
          {t('r.refuse')}
          {mark('refuse', tapped('refuse', progress.refused))}
        </Btn>
      )}
      {open === 'refuse' && (
        <Sheet title={t('r.refuse.why')} closeWord={t('do.back')} onClose={close}>
          <div className="thumb">
            {REASONS.map((reason) => (
              <Btn
                key={reason}
                huge
                onClick={() => {
                  close()
                  acts.tap(id, 'refuse', { reason })
                }}
              >
                {t(`refuse.${reason}`)}
              </Btn>
            ))}
          </div>
        </Sheet>
      )}
      {open === 'nothing' && (
        <Sheet title={t('r.nothing.sure')} closeWord={t('do.back')} onClose={close}>
          <div className="thumb">
            <Btn
              huge
              look="danger-solid"
              onClick={() => {
                close()
                acts.tap(id, 'nothing-here')
              }}
            >
              {t('r.nothing.yes')}
            </Btn>
            <Btn huge onClick={close}>{t('do.cancel')}</Btn>
          </div>
        </Sheet>
      )}
      {open === 'scan' && (
        <ScanSheet
          able={canScan()}
          onClose={close}
          onTag={(tag) => {
            close()
            acts.tap(id, 'arrive', { tag })
          }}
        />
      )}
      {open === 'photo' && (
        <PhotoSheet
          challenge={challenge}
          onClose={close}
          onPicture={(photo) => {
            close()
            acts.tap(id, 'arrive', { photo })
          }}
        />
      )}
    </div>
  )
}
