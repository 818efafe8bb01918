/** The sound for a new incident; browsers allow it only after the first touch of the page. */
import { useSyncExternalStore } from 'react'

const STORED = 'tocsin.muted'
const listeners = new Set<() => void>()
let context: AudioContext | null = null
let muted = read()

function read(): boolean {
  try {
    return localStorage.getItem(STORED) === 'yes'
  } catch {
    return false
  }
}

function changed(): void {
  for (const listener of listeners) listener()
}

function audio(): AudioContext {
  if (context === null) {
    context = new AudioContext()
    context.onstatechange = changed
  }
  return context
}

/** Wake the sound: works inside a click or a key press only. */
export function wake(): void {
  void audio().resume().then(changed, () => undefined)
}

export function setMuted(value: boolean): void {
  muted = value
  try {
    localStorage.setItem(STORED, value ? 'yes' : 'no')
  } catch {
    // Not remembered, still muted now.
  }
  if (!value) wake()
  changed()
}

/** Ring in one tab of this browser only. */
export function ring(): void {
  if (muted) return
  const locks = (navigator as { locks?: LockManager }).locks
  if (locks === undefined) {
    beep()
    return
  }
  void locks.request('tocsin-bell', { ifAvailable: true }, async (held) => {
    if (held === null) return
    beep()
    await new Promise((resolve) => setTimeout(resolve, 1_500))
  })
}

/** Two falling tones, twice: heard through talk, not mistaken for a telephone. */
function beep(): void {
  const sound = audio()
  if (sound.state !== 'running') return
  ;[880, 660, 880, 660].forEach((frequency, place) => {
    const start = sound.currentTime + place * 0.22
    const tone = sound.createOscillator()
    const loudness = sound.createGain()
    tone.frequency.value = frequency
    loudness.gain.setValueAtTime(0.0001, start)
    loudness.gain.exponentialRampToValueAtTime(0.3, start + 0.02)
    loudness.gain.exponentialRampToValueAtTime(0.0001, start + 0.2)
    tone.connect(loudness).connect(sound.destination)
    tone.start(start)
    tone.stop(start + 0.21)
  })
}

function state(): 'muted' | 'blocked' | 'ready' {
  if (muted) return 'muted'
  return context?.state === 'running' ? 'ready' : 'blocked'
}

/** `blocked`: the browser waits for a click before it makes any sound. */
export function useBell(): 'muted' | 'blocked' | 'ready' {
  return useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, state)
}
