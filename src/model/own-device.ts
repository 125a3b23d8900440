/** What the gateway is called where it is a device like any other: in the feed, the status, the outbox. */
export const OWN_DEVICE = 'gateway';
