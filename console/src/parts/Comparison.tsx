/** What another policy would have changed, as a table. */
import { useT } from '../i18n'

export function Comparison({ found }: { found: Record<string, unknown> }) {
  const { t } = useT()
  return <pre className="policy-text" aria-label={t('simulate.title')}>{JSON.stringify(found, null, 2)}</pre>
}
