/** Scan the code that hangs at the place; where the browser cannot, the phone's own camera can. */
import { useEffect, useRef, useState } from 'react'

import { useT } from '../i18n'
import { scanTag } from '../offline/scan'
import { Note, Sheet } from './Plain'

interface Props {
  able: boolean
  onTag: (token: string) => void
  onClose: () => void
}

export function ScanSheet({ able, onTag, onClose }: Props) {
  const { t } = useT()
  const [refused, setRefused] = useState(false)
  return (
    <Sheet title={t('r.scan')} closeWord={t('do.back')} onClose={onClose}>
      {able && !refused ? <Camera onTag={onTag} onRefused={() => setRefused(true)} /> : <Note tone="info" title={t('r.scan.own')} />}
      {refused && <p className="quiet">{t('r.scan.refused')}</p>}
    </Sheet>
  )
}

function Camera({ onTag, onRefused }: { onTag: (token: string) => void; onRefused: () => void }) {
  const { t } = useT()
  const video = useRef<HTMLVideoElement>(null)
  const told = useRef({ onTag, onRefused })
  useEffect(() => {
    told.current = { onTag, onRefused }
  })
  useEffect(() => {
    const over = new AbortController()
    if (video.current !== null) {
      scanTag(video.current, over.signal).then(
        (token) => {
          if (token !== null && !over.signal.aborted) told.current.onTag(token)
        },
        () => {
          if (!over.signal.aborted) told.current.onRefused()
        },
      )
    }
    return () => over.abort()
  }, [])
  return (
    <>
      <video ref={video} className="scan" muted playsInline />
      <p className="quiet">{t('r.scan.hold')}</p>
    </>
  )
}
