/** A round on foot: the code that hangs at a place says that somebody was there. */
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'

import { api, newAct, take } from '../../api/client'
import { useT } from '../../i18n'
import { canScan } from '../../offline/scan'
import { Btn, Note } from '../../parts/Plain'
import { Problem } from '../../parts/Problem'
import { ScanSheet } from '../../parts/ScanSheet'

export function Patrol() {
  const { t } = useT()
  const [open, setOpen] = useState(false)
  const check = useMutation({ mutationFn: (tag: string) => take(api.POST('/api/patrols', { body: { act: newAct(), tag } })) })
  return (
    <section aria-label={t('field.patrol')}>
      <Link to="/r">← {t('nav.mine')}</Link>
      <h1 className="phone-title">{t('field.patrol')}</h1>
      <p className="quiet">{t('field.patrol.hint')}</p>
      <Problem error={check.error} />
      {check.data !== undefined && <Note tone="good" title={t('field.patrol.done', { name: check.data.name })} />}
      <Btn huge look="primary" disabled={check.isPending} onClick={() => setOpen(true)}>{t('field.patrol.do')}</Btn>
      {open && (
        <ScanSheet
          able={canScan()}
          onClose={() => setOpen(false)}
          onTag={(tag) => {
            setOpen(false)
            check.mutate(tag)
          }}
        />
      )}
    </section>
  )
}
