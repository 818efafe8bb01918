/** One live connection for all tabs of a browser. */
import { Connection, type Told } from './connection'

const ports = new Set<MessagePort>()
let last: Told | null = null

const connection = new Connection((told) => {
  if (told.kind !== 'incident') last = told
  for (const port of ports) port.postMessage(told)
})

self.addEventListener('connect', (event) => {
  const port = (event as MessageEvent).ports[0]
  if (port === undefined) return
  ports.add(port)
  port.onmessage = (message: MessageEvent<'start' | 'stop' | 'leave'>) => {
    if (message.data === 'start') {
      connection.start()
      if (last !== null && last.kind !== 'signed-out') port.postMessage(last)
    } else if (message.data === 'stop') connection.stop()
    else ports.delete(port)
  }
})
