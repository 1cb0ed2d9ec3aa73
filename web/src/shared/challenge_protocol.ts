// The messages from the page that holds the bank's pages (page/challenge_frame.ts) to the library
// in the shop's page (host/challenge.ts), over one MessagePort. They say what is to be seen and in
// which words to speak of it, never how a challenge ended: that is the server's alone to say.

import { anyOf, dictionary, oneOf, shape, text, type Guarded } from './guard';

/** The window message that hands the port over; sent by the host with the exact target origin. */
export const kConnectChallenge = 'obolus/challenge/v1';

/** What the host says over the port: it is visible now, so load the bank's pages. */
export const kShow = 'show';

export const isChallengeFrameMessage = anyOf(
  shape({
    type: oneOf('hello'),
    language: text(35),
    direction: oneOf('ltr', 'rtl'),
    words: dictionary(text(300), 20),
  }),
  // One of our own pages by its name, or, what has another origin, the bank's.
  shape({ type: oneOf('seen'), page: oneOf('start', 'wait', 'end', 'bank') }),
  // The bank's page is complete, or the shopper has done something in it; the browser was not let
  // show the bank's first page, or a later one.
  shape({ type: oneOf('loaded', 'used', 'refused', 'broken') }),
);

export type ChallengeFrameMessage = Guarded<typeof isChallengeFrameMessage>;
