"""Who may send in which channel's name: API keys, and the public channels' rate."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from limits import RateLimitItem

from sanfu.city.model.pack import Pack
from sanfu.contracts import credit
from sanfu.intake.domain.admission import Fault, one_of
from sanfu.intake.domain.rules import refused
from sanfu.intake.handlers.rates import Rates
from sanfu.intake.handlers.submissions import Sender
from sanfu.intake.ports import ChannelKey, Records
from sanfu.runtime.rules import Refusal

KEY_BYTES = 32


@dataclass(slots=True)
class Channels:
    """Tells senders apart. Keys are held in memory and read again by `refresh`, which is called every ten seconds."""

    records: Records
    rates: Rates
    rate: RateLimitItem
    contact_rate: RateLimitItem
    known: dict[str, ChannelKey] = field(default_factory=dict)

    def sender(self, pack: Pack, key: str | None, channel: str | None, address: str) -> Sender:
        """Return who sends: the key's channel, or without a key a public one. Raises Refusal 401, 403, 422, 429."""
        if channel is not None and channel not in pack.channels:
            raise refused([Fault("channel", "not_allowed", one_of(pack.channels))])
        if key is None:
            return self._public(pack, channel, address)
        known = self.known_key(pack, key)
        if channel not in (None, known.channel):
            raise refused([Fault("channel", "not_the_keys", f"{known.channel}, the channel of this key, or nothing")])
        return sender_of(known)

    def keyed(self, pack: Pack, key: str | None) -> str:
        """Return the channel of a key. Raises Refusal 401."""
        return self.known_key(pack, key).channel

    def known_key(self, pack: Pack, key: str | None) -> ChannelKey:
        """Return a key that is given out and not revoked. Raises Refusal 401."""
        if key is None:
            raise _key_refused("missing", "a channel's API key")
        known = self.known.get(digest(key))
        if known is None or known.channel not in pack.channels:
            raise _key_refused("unknown", "a key that this city gave out")
        if known.revoked:
            raise _key_refused("revoked", "a key that was not revoked: ask the city for a new one")
        return known

    def _public(self, pack: Pack, channel: str | None, address: str) -> Sender:
        public = [code for code, each in pack.channels.items() if each.public]
        if channel is None and len(public) != 1:
            raise refused([Fault("channel", "missing", one_of(public))])
        if channel is not None and channel not in public:
            raise _key_refused(
                "missing", f"the API key of {channel}; without one only {', '.join(public) or 'nothing'}"
            )
        return Sender(channel or public[0], keyed=False, address=address)

    def count(self, sender: Sender) -> None:
        """Count one report of a sender without a key. Raises Refusal 429 with the seconds to wait."""
        if not sender.keyed:
            self.rates.hit(self.rate, "reports from one address", sender.channel, sender.address)

    def count_contacts(self, indexes: Sequence[str]) -> None:
        """Count one report without a key that leaves contacts, known by their blind indexes: nobody is flooded with
        answers to what others write in their name. Raises Refusal 429."""
        for index in indexes:
            self.rates.hit(self.contact_rate, "reports with one contact", "contact", index)

    async def refresh(self) -> None:
        """Read the keys again. Raises StoreDown; what was known stays."""
        self.known = {key.digest: key for key in await self.records.keys()}

    async def seed(self, keys: dict[str, str]) -> None:
        """Add keys given by the deployment, and read all."""
        for channel, key in keys.items():
            await self.records.add_key(ChannelKey(digest(key), channel))
        await self.refresh()

    async def give(
        self, pack: Pack, channel: str, party_code: str | None = None, in_place_of: str | None = None
    ) -> tuple[ChannelKey, str]:
        """Make a new key for a channel, or for one enterprise's account on it, and return it: it is shown this once.
        `in_place_of`: the id of a key of the same sender, which goes on being that one. Raises Refusal, StoreDown."""
        if channel not in pack.channels:
            raise Refusal(
                404, "no-such-channel", f"The city has no channel {channel}; it has {', '.join(pack.channels)}."
            )
        if party_code is not None and ("party_code" not in pack.form_of(channel).takes or not credit.right(party_code)):
            raise refused([Fault("party_code", "not_allowed", "a credit code, on a channel that takes one")])
        await self.refresh()
        before = next((one for one in self.known.values() if one.id == in_place_of), None)
        if in_place_of and (before is None or (before.channel, before.party_code) != (channel, party_code)):
            raise refused([Fault("in_place_of", "not_allowed", "the id of a key of this channel, and of this account")])
        key = secrets.token_urlsafe(KEY_BYTES)
        made = ChannelKey(digest(key), channel, party_code=party_code, client=before.client if before else "")
        await self.records.add_key(made)
        await self.refresh()
        return made, key

    async def revoke(self, id: str) -> None:
        """Revoke a key; other processes follow within ten seconds. Raises Refusal 404, StoreDown."""
        if not await self.records.revoke_key(id):
            raise Refusal(404, "no-such-key", f"There is no key {id}; /v1/channel-keys lists them.")
        await self.refresh()


def holder(key: ChannelKey) -> str:
    """Return whose files are that are sent with a key."""
    return f"key:{key.id}"


def sender_of(key: ChannelKey) -> Sender:
    """Return who sends with a key."""
    return Sender(key.channel, keyed=True, party_code=key.party_code, holder=holder(key), client=key.client)


def digest(key: str) -> str:
    """Hash a key. It is random and of 256 bits: nobody finds it by trying, so a fast hash is right."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def _key_refused(problem: str, expected: str) -> Refusal:
    error = {"field": "header.X-Api-Key", "problem": problem, "expected": expected}
    return Refusal(401, f"api-key-{problem}", f"header.X-Api-Key: {expected}.", errors=[error])
