package organization

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

const columns = `name, short_name, description, level, region, website, contact_name, contact_email, imprint, privacy, curates, four_eyes, two_editors, updated_at`

func selectOrganization(ctx context.Context, db sqlx.ExtContext) (o Organization, err error) {
	err = sqlx.GetContext(ctx, db, &o, `SELECT `+columns+` FROM organization`)
	return o, err
}

func lockOrganization(ctx context.Context, db sqlx.ExtContext) (o Organization, err error) {
	err = sqlx.GetContext(ctx, db, &o, `SELECT `+columns+` FROM organization FOR UPDATE`)
	return o, err
}

func upsertOrganization(ctx context.Context, db sqlx.ExtContext, o Organization) (updatedAt time.Time, err error) {
	err = sqlx.GetContext(ctx, db, &updatedAt, `
		INSERT INTO organization (name, short_name, description, level, region, website, contact_name, contact_email, imprint, privacy, curates, four_eyes, two_editors)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (id) DO UPDATE SET
			name = excluded.name, short_name = excluded.short_name, description = excluded.description,
			level = excluded.level, region = excluded.region, website = excluded.website,
			contact_name = excluded.contact_name, contact_email = excluded.contact_email,
			imprint = excluded.imprint, privacy = excluded.privacy, curates = excluded.curates, four_eyes = excluded.four_eyes,
			two_editors = excluded.two_editors, updated_at = now()
		RETURNING updated_at`,
		o.Name, o.ShortName, o.Description, o.Level, o.Region, o.Website, o.ContactName, o.ContactEmail, o.Imprint, o.Privacy, o.Curates, o.FourEyes, o.TwoEditors)
	return updatedAt, err
}
