// What a close code means to the person at the browser (RFC 6455 §7.4.1 and the IANA "WebSocket Close Code Number" registry).

export const CloseCode = Object.freeze({
  Normal: 1000,
  GoingAway: 1001,
  NoStatus: 1005,
  Abnormal: 1006,
  ServiceRestart: 1012,
  TryAgainLater: 1013,
});

const MEANINGS = new Map([
  [1000, ['Normal closure', 'one side was done.']],
  [1001, ['Going away', 'the server stops or restarts.']],
  [1002, ['Protocol error', 'one side broke the rules of the WebSocket protocol.']],
  [1003, ['Unsupported data', 'the other side cannot take this kind of message.']],
  [1005, ['No status received', 'the Close that came had no code.']],
  [1006, ['Abnormal closure', 'the link ended without a Close: something on the way cut it, or the server was killed.']],
  [1007, ['Invalid payload data', 'a text was not UTF-8.']],
  [1008, ['Policy violation', 'a message broke a limit other than its size, such as too many fragments or too much time.']],
  [1009, ['Message too big', 'a message was over the size limit of the other side.']],
  [1010, ['Mandatory extension', 'an extension that was needed was not agreed on.']],
  [1011, ['Internal error', 'the server had a fault.']],
  [1012, ['Service restart', 'the server restarts.']],
  [1013, ['Try again later', 'the server is short of memory or connections.']],
  [1014, ['Bad gateway', 'a gateway got a bad answer from the server behind it.']],
  [1015, ['TLS handshake', 'the TLS connection could not be made.']],
]);

// A server that closed for one of these reasons may be back in a moment.
const WORTH_RETRYING = new Set([CloseCode.GoingAway, CloseCode.Abnormal, CloseCode.ServiceRestart, CloseCode.TryAgainLater]);

/** The name of a close code and a sentence on it. */
export function describeCloseCode(code) {
  const [name, meaning] = MEANINGS.get(code)
    ?? (code >= 4000 && code <= 4999 ? ['Private use', 'the application gave this code its meaning.']
      : code >= 3000 && code <= 3999 ? ['Registered', 'a library or framework gave this code its meaning.']
        : ['Unassigned', 'the registry gives this code no meaning.']);
  return { name, meaning };
}

/** Whether to connect again without being asked. */
export function isWorthRetrying(code) {
  return WORTH_RETRYING.has(code);
}
