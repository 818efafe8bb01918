/** A photo with a code that was given a moment before: it proves when and by whom it was taken. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { newAct } from '../api/client'
import { useT } from '../i18n'
import { asJpeg } from '../offline/picture'
import { useNow } from '../serverClock'
import { minutes } from '../time'
import { Problem } from './Problem'
import { Btn, Note, Sheet, Spinner } from './Plain'

export interface Challenge {
  challenge: string
  code: string
  expires: string
}

interface Props {
  challenge: () => Promise<Challenge>
  onPicture: (photo: { challenge: string; picture: Blob }) => void
  onClose: () => void
}

export function PhotoSheet({ challenge, onPicture, onClose }: Props) {
  const { t } = useT()
  const now = useNow()
  const [key] = useState(newAct)
  const [broken, setBroken] = useState(false)
  const asked = useQuery({ queryKey: ['challenge', key], queryFn: challenge, staleTime: Number.POSITIVE_INFINITY, gcTime: 0 })
  const given = asked.data
  const left = given === undefined ? 0 : Date.parse(given.expires) - now
  const take = (file: File | undefined) => {
    if (file === undefined || given === undefined) return
    asJpeg(file).then(
      (picture) => onPicture({ challenge: given.challenge, picture }),
      () => setBroken(true),
    )
  }
  return (
    <Sheet title={t('r.photo')} closeWord={t('do.back')} onClose={onClose}>
      {asked.isPending && <Spinner words={t('r.photo.asking')} />}
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {given !== undefined && left > 0 && (
        <>
          <p>{t('r.photo.how')}</p>
          <p className="code" aria-label={t('r.photo.code')}>{given.code}</p>
          <p className="quiet">{t('r.photo.left', { time: minutes(left, 'up') })}</p>
          {broken && <Note tone="bad" title={t('r.photo.broken')} />}
          <label className="btn primary huge">
            {t('r.photo.take')}
            <input
              type="file"
              accept="image/*"
              capture="environment"
              className="hidden"
              onChange={(event) => take(event.target.files?.[0])}
            />
          </label>
        </>
      )}
      {given !== undefined && left <= 0 && (
        <Note tone="warn" title={t('r.photo.over')} action={<Btn onClick={() => void asked.refetch()}>{t('r.photo.again')}</Btn>} />
      )}
    </Sheet>
  )
}
