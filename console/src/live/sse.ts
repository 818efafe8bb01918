/** Server-sent events from bytes: also tells of comments, which an EventSource would hide. */
export interface Message {
  id: string | null
  event: string
  data: string
}

/** Feed it text as it comes; it gives the messages that are complete. */
export class SseParser {
  private rest = ''
  private id: string | null = null
  private event = ''
  private data: string[] = []

  feed(text: string): Message[] {
    const lines = (this.rest + text).split(/\r\n|\n|\r/)
    this.rest = lines.pop() ?? ''
    const found: Message[] = []
    for (const line of lines) {
      if (line === '') {
        if (this.data.length > 0) {
          found.push({ id: this.id, event: this.event || 'message', data: this.data.join('\n') })
        }
        this.event = ''
        this.data = []
      } else this.take(line)
    }
    return found
  }

  private take(line: string): void {
    const colon = line.indexOf(':')
    if (colon === 0) return
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') this.data.push(value)
    else if (field === 'event') this.event = value
    else if (field === 'id') this.id = value
  }
}
