/** The log in sentences, newest on top, every time to the second. */
import type { Detail, LogLine } from '../api/types'
import { actorOf, type Names, sentence } from '../events'
import { useT } from '../i18n'
import { second } from '../time'
import { Panel } from './Panel'

const STRONG = new Set(['confirmed', 'rejected', 'tier_activated', 'arrived', 'verdict_given', 'help_asked', 'closed'])

export function Log({ detail, names }: { detail: Detail; names: Names }) {
  const { t } = useT()
  return (
    <Panel title={t('incident.log')} extra={<span className="quiet">{detail.log.length}</span>}>
      <ol className="log">
        {[...detail.log].reverse().map((line) => (
          <li key={line.version} className={STRONG.has(line.event.event) ? 'strong' : ''}>
            <time className="mono">{second(shownAt(line), names.now)}</time>
            <span>
              <span className={toneOf(line)}>{sentence(line.event, names, t)}</span>
              {!speaksForSelf(line) && <span className="quiet"> · {actorOf(line, names, t)}</span>}
            </span>
          </li>
        ))}
      </ol>
    </Panel>
  )
}

/** The log is in the order of writing down; the sentence tells when a fact itself was. */
function shownAt(line: LogLine): string {
  return line.recorded
}

/** The sentence already names the one who did it. */
function speaksForSelf(line: LogLine): boolean {
  return line.actor.kind === 'person' && 'person' in line.event && line.event.person === line.actor.id
}

function toneOf(line: LogLine): string {
  const event = line.event
  if (event.event === 'verdict_given') return `tone-${event.verdict}`
  if (event.event === 'help_asked' || event.event === 'confirmation_overdue') return 'tone-missed'
  if (event.event === 'notice_settled' && ['failed', 'expired', 'refused', 'unknown'].includes(event.outcome)) {
    return 'tone-late'
  }
  return ''
}
