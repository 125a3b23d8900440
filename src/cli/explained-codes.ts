/** What each `code=` of the log means, what to look at, what to type. A test holds it against every code in src/. */
export const CODES: Readonly<Record<string, string>> = {
  'device-started': 'A device answered after a start, and said who it is. Nothing is to be done.',
  'device-fault':
    'A device cannot be read; it is tried again, later and later, and its streams are told as fault. The word in brackets ' +
    'is the kind: dorpel explain KIND. Then dorpel read DEVICE.',
  'watchdog-unfed':
    'The gateway does not tell systemd that it lives: a device does not come round, or the outbox takes nothing. The line says ' +
    'which. systemd starts it anew if that lasts. journalctl -u dorpel; dorpel doctor.',
  'watchdog-fed': 'What kept the gateway from telling systemd that it lives is over.',
  'supervisor-deaf':
    'A watchdog is set, and the socket of systemd takes nothing: the service would be started anew for ever. Start it by its unit ' +
    '(systemctl restart dorpel), and see systemd/README.md.',
  'bus-fault':
    'A bus is broken as a whole, and with it every part on it: the adapter is gone, the device file may not be opened, or ' +
    'something holds a line low. The message says which. ls -l the path; dmesg | tail; take the supply from the parts for a moment.',
  'bus-healed': 'The bus works again; its parts are started anew, each at its next attempt.',
  'device-healed':
    'A device works again; the line says after how many attempts. If it comes and goes, look at its cable.',
  'counters-restarted':
    'Counters of a meter read less than before, and go on from there. Was the meter swapped or reset? Tell whoever bills by it.',
  'uplink-connected': 'A platform is reached. What waited goes out now: dorpel queue.',
  'uplink-unreachable':
    'A platform cannot be reached; everything is kept and tried again for ever. The line says why and what to check; ' +
    'dorpel doctor looks at name, port, certificate and clock.',
  'uplink-lost':
    'The connection to a platform ended; it is made again by itself. If it ends again and again within seconds, another ' +
    'gateway may have the same clientId (a copied SD card).',
  'uplink-refused':
    'A platform says no to a topic; its rows are set aside and told again later. dorpel explain 0x87, or what it says.',
  'uplink-taken-again': 'A platform takes again what it refused before. Nothing is to be done.',
  'uplink-refused-for-good':
    'A platform refused for as long as refusedFor says: these observations are declared lost to it. Ask who runs it.',
  'clock-ntp': 'The clock is synchronised with a time server. Nothing is to be done.',
  'clock-rtc':
    'The clock is as right as its chip; no time server has been heard. timedatectl; is UDP port 123 let out?',
  'clock-unsynced':
    'Nobody knows whether the clock is right. Observations wait for it (storage.clockWait), then they are told as unsynced. ' +
    'timedatectl; certificates may fail meanwhile.',
  'clock-stepped': 'Somebody or something set the clock. Intervals are measured by another one, which never steps.',
  'outbox-recovered':
    'The outbox could not be gone on with: it lies unchanged in quarantine, a new epoch began, what could be read went on, ' +
    'the rest is declared lost. Look at the card: dmesg | grep mmc.',
  'outbox-dropped':
    'There was no room, so the oldest of the lowest priority went and was declared lost. dorpel queue; raise storage.quota ' +
    'or mend the uplink that is behind.',
  'disk-full':
    'The disk is full, and not by the outbox, which goes on in its own room. df -h; du -xh /var | sort -h | tail.',
  'disk-has-room': 'The disk has room again. Nothing is to be done.',
  'disk-read-only':
    'Nothing can be written: observations are in memory only, and a power cut would lose those not told. dmesg; replace the card.',
  'disk-writable': 'The disk can be written again, and what was in memory is kept. Ask dmesg why it could not be.',
  'times-corrected':
    'The clock is known now: observations from before were given their right times. Nothing is to be done.',
  'first-durable': 'The first observation of this run is on the disk. Nothing is to be done.',
  'config-refused':
    'A changed config has mistakes, and nothing was changed. dorpel check --config FILE names each of them.',
  'config-reloaded': 'The config was read again; the line says what differs. Nothing is to be done.',
  'config-trial': 'A config is on trial: dorpel confirm keeps it, or it goes back by itself.',
  'config-confirmed': 'The config that was on trial stays.',
  'config-returned':
    'Nobody confirmed the config that was on trial, and the one of before is back. Try again: dorpel apply FILE --confirm 5min.',
  'control-closed':
    'The control socket could not be opened, so status, watch and tail do not work; measuring goes on. The line says why: ' +
    'another gateway with the same storage.path, or a directory that may not be written.',
  'metrics-closed':
    'The port for Prometheus could not be opened; everything else goes on. ss -ltnp shows who has it; metrics.port names another.',
  'store-failed':
    'The outbox cannot keep its promise, so the program ends and is started again. The line says why and what to do; ' +
    'journalctl -u dorpel shows whether it comes back.',
  stopped: 'The program was asked to stop, and did. What waits goes out at the next start.',
  demo: 'The demo says how to watch its feed.',
  'broker-port': 'The port wanted for the broker of the demo is taken; it listens on another one.',
};
